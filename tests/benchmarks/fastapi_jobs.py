"""`GET /api/v1/jobs` as one would write it with FastAPI and SQLAlchemy async, to measure ours against.

`/orm` is the usual way: mapped rows into Pydantic models. `/core` is the fast one: plain rows into orjson. Not part of
Tadwin; its packages are not among ours: `pip install fastapi "sqlalchemy[asyncio]" asyncpg "uvicorn[standard]" orjson`.
"""

# mypy: ignore-errors
# ruff: noqa: B008 - that is how FastAPI injects

import hashlib
import hmac
import os
from datetime import datetime
from uuid import UUID

import orjson
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response
from pydantic import BaseModel
from sqlalchemy import ForeignKey, inspect, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

PUBLIC = "http://127.0.0.1:8000"
API = f"{PUBLIC}/api/v1"
engine = create_async_engine(os.environ["BENCH_DATABASE_URL"], pool_size=8)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


class Base(DeclarativeBase):
    type_annotation_map = {dict: JSONB, list: JSONB}


class Organization(Base):
    __tablename__ = "organizations_organization"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]


class ApiKey(Base):
    __tablename__ = "organizations_apikey"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations_organization.id"))
    prefix: Mapped[str]
    key_hash: Mapped[str]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Job(Base):
    __tablename__ = "transcription_job"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
    recording_id: Mapped[UUID]
    status: Mapped[str]
    stage: Mapped[str]
    progress: Mapped[float]
    attempt: Mapped[int]
    options: Mapped[dict]
    engine: Mapped[str]
    model: Mapped[str]
    warnings: Mapped[list]
    error: Mapped[dict | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    audio_ms: Mapped[int | None]
    processing_ms: Mapped[int]
    metadata_: Mapped[dict] = mapped_column("metadata")


class Transcript(Base):
    __tablename__ = "transcription_transcript"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    job_id: Mapped[UUID]


class Links(BaseModel):
    self: str
    steps: str
    events: str
    socket: str
    media: str
    transcript: str | None


class JobOut(BaseModel):
    id: UUID
    status: str
    stage: str | None
    progress: float
    queue_position: int | None
    eta: float | None
    attempt: int
    options: dict
    engine: str
    model: str
    warnings: list[dict]
    error: dict | None
    media: UUID
    transcript: UUID | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    audio_seconds: float | None
    processing_seconds: float
    metadata: dict
    links: Links


class Page(BaseModel):
    data: list[JobOut]
    next: str | None
    previous: str | None


async def session():
    async with sessions() as opened:
        yield opened


async def organization(db=Depends(session), authorization: str = Header()) -> Organization:
    key = authorization.removeprefix("Bearer ")
    rows = select(ApiKey, Organization).join(Organization).where(ApiKey.prefix == key.split("_")[1])
    found = (await db.execute(rows)).first()
    if found is None or not hmac.compare_digest(found[0].key_hash, hashlib.sha256(key.encode()).hexdigest()):
        raise HTTPException(401)
    return found[1]


def shape(job, transcript: UUID | None) -> dict:
    options, vad = dict(job.options), job.options["vad"]
    start_ms, end_ms = options.pop("start_ms"), options.pop("end_ms")
    options["vad"] = {"enabled": vad["enabled"], "min_silence": vad["min_silence_ms"] / 1000}
    options |= {"start": start_ms / 1000, "end": None if end_ms is None else end_ms / 1000}
    options |= {"glossary": options.get("glossary"), "replacements": len(options.get("replacements", ()))}
    own = f"{API}/jobs/{job.id}"
    return {
        "id": job.id,
        "status": job.status,
        "stage": job.stage or None,
        "progress": round(job.progress, 4),
        "queue_position": None,
        "eta": None,
        "attempt": job.attempt,
        "options": options,
        "engine": job.engine,
        "model": job.model,
        "warnings": job.warnings,
        "error": job.error,
        "media": job.recording_id,
        "transcript": transcript,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "audio_seconds": None if job.audio_ms is None else job.audio_ms / 1000,
        "processing_seconds": job.processing_ms / 1000,
        "metadata": job.metadata_,
        "links": {
            "self": own,
            "steps": f"{own}/steps",
            "events": f"{own}/events",
            "socket": f"{PUBLIC.replace('http', 'ws')}/live/jobs/{job.id}",
            "media": f"{API}/media/{job.recording_id}",
            "transcript": transcript and f"{API}/transcripts/{transcript}",
        },
    }


def newest(entities, owner: Organization, limit: int):
    rows = select(*entities).outerjoin(Transcript, Transcript.job_id == Job.id)
    return rows.where(Job.organization_id == owner.id).order_by(Job.created_at.desc(), Job.id.desc()).limit(limit + 1)


def page(rows: list, limit: int, shapes: list[dict]) -> dict:
    cursor = f"{API}/jobs?limit={limit}&cursor={rows[limit - 1].created_at.isoformat()}" if len(rows) > limit else None
    return {"data": shapes, "next": cursor, "previous": None}


@app.get("/orm", response_model=Page)
async def orm(limit: int = Query(50), db=Depends(session), owner=Depends(organization)):
    found = (await db.execute(newest((Job, Transcript.id), owner, limit))).all()
    return page([job for job, _ in found], limit, [shape(job, transcript) for job, transcript in found[:limit]])


COLUMNS = [attribute.key for attribute in inspect(Job).column_attrs]


@app.get("/core")
async def core(limit: int = Query(50), db=Depends(session), owner=Depends(organization)):
    columns = [getattr(Job, name).label(name) for name in COLUMNS]
    found = (await db.execute(newest((*columns, Transcript.id.label("transcript")), owner, limit))).all()
    answer = page(found, limit, [shape(row, row.transcript) for row in found[:limit]])
    return Response(orjson.dumps(answer, default=str, option=orjson.OPT_UTC_Z), media_type="application/json")

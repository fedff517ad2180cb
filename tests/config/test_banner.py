from config.embedded.banner import Demo, Login, banner


def test_password_that_all_share_is_shown_once() -> None:
    logins = (Login("owner", "owner@demo.example", "s3cret"), Login("staff", "staff@demo.example", "s3cret"))

    text = banner("http://127.0.0.1:8100", Demo(logins, "tdw_key"), seconds=4.21)

    assert "Tadwin is ready (4.2 s)" in text
    assert "http://127.0.0.1:8100/admin/" in text
    assert "owner@demo.example" in text
    assert "staff@demo.example" in text
    assert text.count("s3cret") == 1
    assert '-H "Authorization: Bearer tdw_key" http://127.0.0.1:8100/api/v1/jobs' in text


def test_own_passwords_stand_beside_their_logins() -> None:
    logins = (Login("owner", "owner@demo.example", "one"), Login("staff", "staff@demo.example", "two"))

    text = banner("http://127.0.0.1:8000", Demo(logins, ""), seconds=1)

    assert "owner@demo.example  one" in text
    assert "staff@demo.example  two" in text
    assert "API key" not in text

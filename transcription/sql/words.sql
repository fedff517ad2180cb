-- The words of an organization's newest lines, each with the number of lines that have it. Bounded: what is not among
-- them is not offered as a correction.
SELECT word, ndoc
FROM ts_stat(format(
    'SELECT search_vector FROM transcription_segment WHERE organization_id = %%L::uuid ORDER BY created_at DESC LIMIT %%s',
    %(organization_id)s::text, %(lines)s::integer
))
WHERE length(word) BETWEEN %(shortest)s AND %(longest)s

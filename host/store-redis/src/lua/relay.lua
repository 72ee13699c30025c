#!lua
-- Appends events of one source shard to one stream, version 1.
--
-- KEYS[1] the stream. ARGV: 1 the tag of its shard, 2 the stream's name, 3 its key, 4 the source
-- shard, then for each event: the number of its entry, when its turn began, its payload.
local tag = ARGV[1]
local mark = ARGV[2] .. '\0' .. ARGV[3] .. '\0' .. ARGV[4]
local had = tonumber(redis.call('HGET', tag .. ':m', mark) or '0')
local heads = tag .. ':h:' .. ARGV[2]
local position = tonumber(redis.call('HGET', heads, ARGV[3]) or '0')
local last = had
for i = 5, #ARGV, 3 do
  local number = tonumber(ARGV[i])
  if number > had then
    position = position + 1
    redis.call('XADD', KEYS[1], string.format('%.0f-0', position), 't', ARGV[i + 1], 'p', ARGV[i + 2])
    last = number
  end
end
if last > had then
  redis.call('HSET', tag .. ':m', mark, string.format('%.0f', last))
  redis.call('HSET', heads, ARGV[3], string.format('%.0f', position))
  redis.call('SADD', tag .. ':S', ARGV[2])
end
return string.format('%.0f', position)

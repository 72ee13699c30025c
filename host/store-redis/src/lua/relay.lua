#!lua
-- Appends events of one source shard to one stream, version 1.
--
-- KEYS: 1 the stream, 2 the last entry of each source shard, 3 the newest positions, 4 names of streams.
-- ARGV: 1 the stream's name, 2 its key, 3 the source
-- shard, then for each event: the number of its entry, when its turn began, its payload.
local mark = ARGV[1] .. '\0' .. ARGV[2] .. '\0' .. ARGV[3]
local had = tonumber(redis.call('HGET', KEYS[2], mark) or '0')
local position = tonumber(redis.call('HGET', KEYS[3], ARGV[2]) or '0')
local last = had
for i = 4, #ARGV, 3 do
  local number = tonumber(ARGV[i])
  if number > had then
    position = position + 1
    redis.call('XADD', KEYS[1], string.format('%.0f-0', position), 't', ARGV[i + 1], 'p', ARGV[i + 2])
    last = number
  end
end
if last > had then
  redis.call('HSET', KEYS[2], mark, string.format('%.0f', last))
  redis.call('HSET', KEYS[3], ARGV[2], string.format('%.0f', position))
  redis.call('SADD', KEYS[4], ARGV[1])
end
return string.format('%.0f', position)

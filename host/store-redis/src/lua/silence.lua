#!lua
-- Forgets a stream whose newest event is its only one and still this one, version 1.
--
-- KEYS[1] the stream. ARGV: 1 the tag of its shard, 2 the stream's name, 3 its key, 4 the position.
local heads = ARGV[1] .. ':h:' .. ARGV[2]
if redis.call('HGET', heads, ARGV[3]) ~= ARGV[4] then return 0 end
redis.call('HDEL', heads, ARGV[3])
redis.call('DEL', KEYS[1])
return 1

#!lua
-- Forgets a stream whose newest event is its only one and still this one, version 1.
--
-- KEYS: 1 the stream, 2 the newest positions. ARGV: 1 the stream's key, 2 the position.
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[1])
return 1

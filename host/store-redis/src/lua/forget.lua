#!lua
-- Forgets rows whose time has come, version 1: those of a sorted set up to a time, and the fields of
-- the hash that it sorts.
--
-- KEYS[1] the sorted set, KEYS[2] the hash. ARGV: 1 the time, 2 how many at most.
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, name in ipairs(due) do
  redis.call('HDEL', KEYS[2], name)
  redis.call('ZREM', KEYS[1], name)
end
return #due

#!lua
-- Replaces the view if it is still this version, version 1.
--
-- KEYS: 1 the view, 2 the heartbeats. ARGV: 1 the version that it has, 2 the one after it, 3 the view,
-- then its members.
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'view', ARGV[3])
local stays = {}
for i = 4, #ARGV do
  stays[ARGV[i]] = true
  redis.call('HSETNX', KEYS[2], ARGV[i], 0)
end
for _, silo in ipairs(redis.call('HKEYS', KEYS[2])) do
  if not stays[silo] then redis.call('HDEL', KEYS[2], silo) end
end
return 1

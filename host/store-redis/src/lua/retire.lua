#!lua
-- Retires an actor that has ended, version 1.
--
-- KEYS: 1 the actor, 2 the shard's counters, 3 tombstones, 4 by their time, 5 actors of the type, 6 ended ones,
-- 7 reminders, 8 delayed messages. ARGV: 1 the actor's id, 2 its version, 3 the time, 4 key,
-- 5 what the names of its delayed messages begin with.
local id = ARGV[1]
local head = redis.call('HMGET', KEYS[1], 'p', 'v', 'd')
if not head[1] or not head[3] or head[2] ~= ARGV[2] then return 0 end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 1) == 'r' then
    redis.call('ZREM', KEYS[7], id .. '\0' .. string.sub(field, 2))
  end
end
for _, field in ipairs(redis.call('HKEYS', KEYS[8])) do
  if string.sub(field, 1, #ARGV[5]) == ARGV[5] then redis.call('HDEL', KEYS[8], field) end
end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[5], ARGV[4])
redis.call('ZREM', KEYS[6], ARGV[4])
redis.call('HSET', KEYS[3], id, ARGV[3])
redis.call('ZADD', KEYS[4], ARGV[3], id)
local floor = tonumber(redis.call('HGET', KEYS[2], 'floor') or '0')
if tonumber(head[1]) > floor then redis.call('HSET', KEYS[2], 'floor', head[1]) end
return 1

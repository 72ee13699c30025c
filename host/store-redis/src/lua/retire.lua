#!lua
-- Retires an actor that has ended, version 1.
--
-- KEYS[1] the actor. ARGV: 1 the shard's tag, 2 the actor's id, 3 its version, 4 the time, 5 type,
-- 6 key, 7 what the names of its delayed messages begin with.
local actor, tag, id = KEYS[1], ARGV[1], ARGV[2]
local head = redis.call('HMGET', actor, 'p', 'v', 'd')
if not head[1] or not head[3] or head[2] ~= ARGV[3] then return 0 end
for _, field in ipairs(redis.call('HKEYS', actor)) do
  if string.sub(field, 1, 1) == 'r' then
    redis.call('ZREM', tag .. ':r', id .. '\0' .. string.sub(field, 2))
  end
end
for _, field in ipairs(redis.call('HKEYS', tag .. ':w')) do
  if string.sub(field, 1, #ARGV[7]) == ARGV[7] then redis.call('HDEL', tag .. ':w', field) end
end
redis.call('DEL', actor)
redis.call('ZREM', tag .. ':t:' .. ARGV[5], ARGV[6])
redis.call('ZREM', tag .. ':E:' .. ARGV[5], ARGV[6])
redis.call('HSET', tag .. ':x', id, ARGV[4])
redis.call('ZADD', tag .. ':X', ARGV[4], id)
local floor = tonumber(redis.call('HGET', tag .. ':c', 'floor') or '0')
if tonumber(head[1]) > floor then redis.call('HSET', tag .. ':c', 'floor', head[1]) end
return 1

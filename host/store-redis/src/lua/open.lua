#!lua
-- Opening an actor, version 1.
--
-- KEYS[1] the actor. ARGV: 1 the shard's tag, 2 the actor's id, 3 who opens it, 4 the generation of
-- its view, 5 the highest count of the shard that this silo was told, 6 and 7 the living owner that has
-- released it and under which epoch, or '' and 0, then the ids of the living.
local actor, tag = KEYS[1], ARGV[1]
-- How often the shard was written, which only grows: its incarnation is above it.
local counts = redis.call('HMGET', tag .. ':c', 'incarnation', 'commits')
local count = tonumber(counts[1] or '0') * 1099511627776 + tonumber(counts[2] or '0')
if count < tonumber(ARGV[5]) then return {'behind', string.format('%.0f', count)} end
local head = redis.call('HMGET', actor, 'p', 'o')
if not head[1] then
  local retired = redis.call('HGET', tag .. ':x', ARGV[2])
  if retired then return {'retired', retired} end
  local floor = redis.call('HGET', tag .. ':c', 'floor') or '0'
  return {'absent', string.format('%.0f', tonumber(floor) + 1)}
end
local owner = head[2]
if owner ~= ARGV[3] then
  local generation = tonumber(string.match(owner, '%.(%d+)$') or '0')
  local may_live = generation > tonumber(ARGV[4])
  for i = 8, #ARGV do
    if ARGV[i] == owner then may_live = true end
  end
  if owner == ARGV[6] and head[1] == ARGV[7] then may_live = false end
  if may_live then return {'moved', owner, head[1]} end
end
redis.call('HSET', actor, 'p', string.format('%.0f', tonumber(head[1]) + 1), 'o', ARGV[3])
return {'opened', redis.call('HGETALL', actor)}

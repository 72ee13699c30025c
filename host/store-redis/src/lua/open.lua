#!lua
-- Opening an actor, version 1.
--
-- KEYS: 1 the actor, 2 the shard's counters, 3 tombstones. ARGV: 1 the actor's id, 2 who opens it, 3 the
-- generation of its view, 4 the highest count of the shard that this silo was told, 5 and 6 the living owner
-- that has released it and under which epoch, or '' and 0, then the ids of the living.
-- How often the shard was written, which only grows: its incarnation is above it.
local counts = redis.call('HMGET', KEYS[2], 'incarnation', 'commits')
local count = tonumber(counts[1] or '0') * 1099511627776 + tonumber(counts[2] or '0')
if count < tonumber(ARGV[4]) then return {'behind', string.format('%.0f', count)} end
local head = redis.call('HMGET', KEYS[1], 'p', 'o')
if not head[1] then
  local retired = redis.call('HGET', KEYS[3], ARGV[1])
  if retired then return {'retired', retired} end
  local floor = redis.call('HGET', KEYS[2], 'floor') or '0'
  return {'absent', string.format('%.0f', tonumber(floor) + 1)}
end
local owner = head[2]
if owner ~= ARGV[2] then
  local generation = tonumber(string.match(owner, '%.(%d+)$') or '0')
  local may_live = generation > tonumber(ARGV[3])
  for i = 7, #ARGV do
    if ARGV[i] == owner then may_live = true end
  end
  if owner == ARGV[5] and head[1] == ARGV[6] then may_live = false end
  if may_live then return {'moved', owner, head[1]} end
end
redis.call('HSET', KEYS[1], 'p', string.format('%.0f', tonumber(head[1]) + 1), 'o', ARGV[2])
return {'opened', redis.call('HGETALL', KEYS[1])}

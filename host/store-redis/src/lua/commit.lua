#!lua
-- A commit, version 1. Decides before it writes, and what it writes cannot fail.
--
-- KEYS[1] the actor. ARGV: 1 the shard's tag, 2 the actor's id, 3 epoch, 4 version, 5 owner,
-- 6 the version after it, 7 module or '', 8 what becomes of the state: k(eep), s(et), c(lear), 9 state,
-- 10 the message or '', 11 its reply, 12 when that may go, 13 the end: k(eep), c(lear), or a time,
-- 14 what leaves or '', 15 the cursor's name or '', 16 its position, 17 type, 18 key, 19 the highest count
-- of the shard that this silo was told, then counts and rows: entries (name, s or r, bytes), reminders (name, s or r, due, bytes), delayed (name, bytes).
local actor, tag, id = KEYS[1], ARGV[1], ARGV[2]
local epoch = ARGV[3]
-- How often the shard was written, which only grows: its incarnation is above it.
local counts = redis.call('HMGET', tag .. ':c', 'incarnation', 'commits')
local count = tonumber(counts[1] or '0') * 1099511627776 + tonumber(counts[2] or '0')
if count < tonumber(ARGV[19]) then return {'behind', string.format('%.0f', count)} end
local message = id .. '\0' .. ARGV[10]
if ARGV[10] ~= '' then
  local before = redis.call('HGET', tag .. ':d', message)
  if before then return {'handled', before} end
end
local retired = redis.call('HGET', tag .. ':x', id)
if retired then return {'retired', retired} end
local head = redis.call('HMGET', actor, 'p', 'v', 'o', 'd')
local is_first = not head[1]
if is_first then
  if epoch ~= '0' or ARGV[4] ~= '0' then return {'fenced', '0'} end
  local floor = redis.call('HGET', tag .. ':c', 'floor') or '0'
  epoch = string.format('%.0f', tonumber(floor) + 1)
else
  if head[1] ~= epoch or head[3] ~= ARGV[5] then return {'fenced', head[1]} end
  if head[2] ~= ARGV[4] then return {'stale', head[2]} end
end

local at = 20
local function rows(width, each)
  local count = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, count do
    each(at)
    at = at + width
  end
end

redis.call('HSET', actor, 'p', epoch, 'v', ARGV[6], 'o', ARGV[5])
if ARGV[7] ~= '' then redis.call('HSET', actor, 'm', ARGV[7]) end
if is_first then redis.call('ZADD', tag .. ':t:' .. ARGV[17], 0, ARGV[18]) end
if ARGV[13] ~= 'k' then
  local ended = tag .. ':E:' .. ARGV[17]
  if ARGV[13] == 'c' then
    redis.call('HDEL', actor, 'd')
    redis.call('ZREM', ended, ARGV[18])
  else
    redis.call('HSET', actor, 'd', ARGV[13])
    redis.call('ZADD', ended, ARGV[13], ARGV[18])
  end
end
if ARGV[8] == 's' then
  redis.call('HSET', actor, 's', ARGV[9])
elseif ARGV[8] == 'c' then
  redis.call('HDEL', actor, 's')
  for _, field in ipairs(redis.call('HKEYS', actor)) do
    if string.sub(field, 1, 1) == 'e' then redis.call('HDEL', actor, field) end
  end
end
rows(3, function(i)
  local field = 'e' .. ARGV[i]
  if ARGV[i + 1] == 's' then
    redis.call('HSET', actor, field, ARGV[i + 2])
  else
    redis.call('HDEL', actor, field)
  end
end)
rows(4, function(i)
  local field, due = 'r' .. ARGV[i], id .. '\0' .. ARGV[i]
  if ARGV[i + 1] == 's' then
    redis.call('HSET', actor, field, ARGV[i + 3])
    redis.call('ZADD', tag .. ':r', ARGV[i + 2], due)
  else
    redis.call('HDEL', actor, field)
    redis.call('ZREM', tag .. ':r', due)
  end
end)
rows(2, function(i)
  redis.call('HSET', tag .. ':w', ARGV[i], ARGV[i + 1])
end)
if ARGV[10] ~= '' then
  redis.call('HSET', tag .. ':d', message, ARGV[11])
  redis.call('ZADD', tag .. ':D', ARGV[12], message)
end
if ARGV[15] ~= '' then redis.call('HSET', tag .. ':u', ARGV[15], ARGV[16]) end
redis.call('HINCRBY', tag .. ':c', 'commits', 1)
count = string.format('%.0f', count + 1)
if ARGV[14] == '' then return {'taken', '', count} end
local number = redis.call('HINCRBY', tag .. ':c', 'log', 1)
redis.call('XADD', tag .. ':l', string.format('%.0f-0', number), 'e', ARGV[14])
return {'taken', string.format('%.0f', number), count}

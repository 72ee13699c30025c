#!lua
-- A commit, version 1. Decides before it writes, and what it writes cannot fail.
--
-- KEYS: 1 the actor, 2 the shard's counters, 3 tombstones, 4 replies, 5 when those may go, 6 actors of the type, 7 ended
-- ones, 8 reminders, 9 delayed messages, 10 cursors, 11 the log. Where a commit needs one of 4 to 11 not, the actor
-- stands there again. ARGV: 1 the actor's id, 2 epoch, 3 version, 4 owner,
-- 5 the version after it, 6 module or '', 7 what becomes of the state: k(eep), s(et), c(lear), 8 state,
-- 9 the message or '', 10 its reply, 11 when that may go, 12 the end: k(eep), c(lear), or a time,
-- 13 what leaves or '', 14 the cursor's name or '', 15 its position, 16 key, 17 the highest count
-- of the shard that this silo was told, then counts and rows: entries (name, s or r, bytes), reminders (name, s or r, due, bytes), delayed (name, bytes).
local id = ARGV[1]
local epoch = ARGV[2]
-- How often the shard was written, which only grows: its incarnation is above it.
local counts = redis.call('HMGET', KEYS[2], 'incarnation', 'commits')
local count = tonumber(counts[1] or '0') * 1099511627776 + tonumber(counts[2] or '0')
if count < tonumber(ARGV[17]) then return {'behind', string.format('%.0f', count)} end
local message = id .. '\0' .. ARGV[9]
if ARGV[9] ~= '' then
  local before = redis.call('HGET', KEYS[4], message)
  if before then return {'handled', before} end
end
local retired = redis.call('HGET', KEYS[3], id)
if retired then return {'retired', retired} end
local head = redis.call('HMGET', KEYS[1], 'p', 'v', 'o', 'd')
local is_first = not head[1]
if is_first then
  if epoch ~= '0' or ARGV[3] ~= '0' then return {'fenced', '0'} end
  local floor = redis.call('HGET', KEYS[2], 'floor') or '0'
  epoch = string.format('%.0f', tonumber(floor) + 1)
else
  if head[1] ~= epoch or head[3] ~= ARGV[4] then return {'fenced', head[1]} end
  if head[2] ~= ARGV[3] then return {'stale', head[2]} end
end

local at = 18
local function rows(width, each)
  local count = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, count do
    each(at)
    at = at + width
  end
end

redis.call('HSET', KEYS[1], 'p', epoch, 'v', ARGV[5], 'o', ARGV[4])
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'm', ARGV[6]) end
if is_first then redis.call('ZADD', KEYS[6], 0, ARGV[16]) end
if ARGV[12] ~= 'k' then
  if ARGV[12] == 'c' then
    redis.call('HDEL', KEYS[1], 'd')
    redis.call('ZREM', KEYS[7], ARGV[16])
  else
    redis.call('HSET', KEYS[1], 'd', ARGV[12])
    redis.call('ZADD', KEYS[7], ARGV[12], ARGV[16])
  end
end
if ARGV[7] == 's' then
  redis.call('HSET', KEYS[1], 's', ARGV[8])
elseif ARGV[7] == 'c' then
  redis.call('HDEL', KEYS[1], 's')
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(field, 1, 1) == 'e' then redis.call('HDEL', KEYS[1], field) end
  end
end
rows(3, function(i)
  local field = 'e' .. ARGV[i]
  if ARGV[i + 1] == 's' then
    redis.call('HSET', KEYS[1], field, ARGV[i + 2])
  else
    redis.call('HDEL', KEYS[1], field)
  end
end)
rows(4, function(i)
  local field, due = 'r' .. ARGV[i], id .. '\0' .. ARGV[i]
  if ARGV[i + 1] == 's' then
    redis.call('HSET', KEYS[1], field, ARGV[i + 3])
    redis.call('ZADD', KEYS[8], ARGV[i + 2], due)
  else
    redis.call('HDEL', KEYS[1], field)
    redis.call('ZREM', KEYS[8], due)
  end
end)
rows(2, function(i)
  redis.call('HSET', KEYS[9], ARGV[i], ARGV[i + 1])
end)
if ARGV[9] ~= '' then
  redis.call('HSET', KEYS[4], message, ARGV[10])
  redis.call('ZADD', KEYS[5], ARGV[11], message)
end
if ARGV[14] ~= '' then redis.call('HSET', KEYS[10], ARGV[14], ARGV[15]) end
redis.call('HINCRBY', KEYS[2], 'commits', 1)
count = string.format('%.0f', count + 1)
if ARGV[13] == '' then return {'taken', '', count} end
local number = redis.call('HINCRBY', KEYS[2], 'log', 1)
redis.call('XADD', KEYS[11], string.format('%.0f-0', number), 'e', ARGV[13])
return {'taken', string.format('%.0f', number), count}

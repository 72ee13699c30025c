#!lua
-- Gives a shard a new incarnation, version 1: what it has now is what there is. Its log goes on
-- with numbers that were never given before.
--
-- KEYS[1] the shard's counters. ARGV: 1 the incarnation that it must be above, 2 the count below which alone
-- this is done, or ''. Answers with the new incarnation, or 0 where nothing was done.
local now = tonumber(redis.call('HGET', KEYS[1], 'incarnation') or '0')
if ARGV[2] ~= '' then
  local commits = tonumber(redis.call('HGET', KEYS[1], 'commits') or '0')
  if now * 1099511627776 + commits >= tonumber(ARGV[2]) then return '0' end
end
local incarnation = math.max(now, tonumber(ARGV[1])) + 1
redis.call('HSET', KEYS[1], 'incarnation', string.format('%.0f', incarnation))
redis.call('HSET', KEYS[1], 'log', string.format('%.0f', incarnation * 1099511627776))
return string.format('%.0f', incarnation)

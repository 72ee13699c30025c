#!lua
-- Keeps what another cell is to get, version 1.
--
-- KEYS: 1 what waits for the cell, 2 the counters of the shard.
-- ARGV: 1 the counter, then the rows.
local number = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')
for i = 2, #ARGV do
  number = number + 1
  redis.call('XADD', KEYS[1], string.format('%.0f-0', number), 'p', ARGV[i])
end
redis.call('HSET', KEYS[2], ARGV[1], string.format('%.0f', number))
return string.format('%.0f', number)

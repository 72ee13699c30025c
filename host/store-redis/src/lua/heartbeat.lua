#!lua
-- A heartbeat, version 1. KEYS: 1 the view, 2 the heartbeats. ARGV[1] the silo.
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then redis.call('HINCRBY', KEYS[2], ARGV[1], 1) end
local now = redis.call('TIME')
return {redis.call('HGET', KEYS[1], 'version') or '0', redis.call('HGETALL', KEYS[2]), now[1], now[2]}

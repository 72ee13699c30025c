#!lua
-- Changing facts, version 1: all of them or none, and those under a condition if it holds.
--
-- KEYS[1] the facts. ARGV: 1 what is asked of the condition: a(nything), n(one), or i(s), 2 its fact, 3 what that is,
-- then the changes: name, s(et) or r(emove), value.
if ARGV[1] ~= 'a' then
  local now = redis.call('HGET', KEYS[1], ARGV[2])
  if ARGV[1] == 'n' and now then return 0 end
  if ARGV[1] == 'i' and now ~= ARGV[3] then return 0 end
end
for i = 4, #ARGV, 3 do
  if ARGV[i + 1] == 's' then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
  else
    redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return 1

package redisledger

import "github.com/redis/go-redis/v9"

// All scripts return a list of texts. Its first one is empty, or what is wrong. They name
// all their keys, and these are in one slot.

// sameVersion begins each script. A ledger without a version is empty, or has lost a key.
const sameVersion = `
local version = redis.call('HGET', KEYS[1], 'version')
if version and version ~= ARGV[1] then return {'version', version} end
if not version and redis.call('EXISTS', KEYS[2]) == 1 then return {'damaged'} end
`

var beginScript = redis.NewScript(sameVersion + `
if not version then redis.call('HSET', KEYS[1], 'version', ARGV[1]) end
return {''}
`)

// stored reads the record of the order, and takes the order out of the sorted sets.
const stored = `
local record = redis.call('HGET', KEYS[2], ARGV[2])
local old, request, place = '0', '', ''
if record then
	old, request, place = string.match(record, '^(%d+) (%w+) (%S+) ')
	if not old then return {'damaged'} end
end
local function forget()
	if not record then return end
	redis.call('ZREM', KEYS[3], place .. ARGV[2])
	redis.call('HINCRBY', KEYS[1], 'unfinished', 0 - redis.call('ZREM', KEYS[4], place .. ARGV[2]))
end
`

var saveScript = redis.NewScript(sameVersion + stored + `
if old == ARGV[4] and request == ARGV[5] then return {''} end
if old ~= ARGV[3] then return {'conflict'} end
forget()
redis.call('HSET', KEYS[1], 'version', ARGV[1])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[9])
redis.call('ZADD', KEYS[3], ARGV[7], ARGV[6] .. ARGV[2])
if ARGV[8] == 'false' then
	redis.call('ZADD', KEYS[4], ARGV[7], ARGV[6] .. ARGV[2])
	redis.call('HINCRBY', KEYS[1], 'unfinished', 1)
end
return {''}
`)

var deleteScript = redis.NewScript(sameVersion + stored + `
forget()
redis.call('HDEL', KEYS[2], ARGV[2])
return {''}
`)

// pageScript goes on after a member of a sorted set, whether it is still there or not: it
// bisects those with the score of that member. Lua compares texts as the locale of the
// server says, and Redis by bytes, so the script compares bytes.
var pageScript = redis.NewScript(sameVersion + `
local function less(a, b)
	for i = 1, math.min(#a, #b) do
		local x, y = string.byte(a, i), string.byte(b, i)
		if x ~= y then return x < y end
	end
	return #a < #b
end
local index, after, member = KEYS[3], ARGV[3], ARGV[4]
local looks, wanted, due = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local opened, from, to = ARGV[8], ARGV[9], ARGV[10]

local count = redis.call('HLEN', KEYS[2])
if ARGV[2] == 'true' then count = tonumber(redis.call('HGET', KEYS[1], 'unfinished') or 0) end
if count ~= redis.call('ZCARD', index) then return {'damaged'} end

local rank = 0
if after ~= '' then
	rank = redis.call('ZCOUNT', index, '-inf', '(' .. after)
	local last = redis.call('ZCOUNT', index, '-inf', after)
	while rank < last do
		local middle = math.floor((rank + last) / 2)
		if less(member, redis.call('ZRANGE', index, middle, middle)[1]) then last = middle else rank = middle + 1 end
	end
end

local found = redis.call('ZRANGE', index, rank, rank + looks - 1, 'WITHSCORES')
local more, names = #found == 2 * looks, {}
for i = 1, #found, 2 do
	if due and tonumber(found[i + 1]) > due then
		more = false
		break
	end
	member, after = found[i], found[i + 1]
	local open, decided = string.sub(member, 1, 16), string.sub(member, 17, 32)
	local is = decided ~= '----------------'
	if (opened == '' or not less(opened, open))
		and (from == '' or is and not less(decided, from))
		and (to == '' or is and not less(to, decided)) then
		names[#names + 1] = string.sub(member, 33)
		if #names == wanted then
			more = true
			break
		end
	end
end

local reply = {'', more and 'more' or 'end', after, member}
if #names > 0 then
	for _, record in ipairs(redis.call('HMGET', KEYS[2], unpack(names))) do
		if not record then return {'damaged'} end
		reply[#reply + 1] = record
	end
end
return reply
`)

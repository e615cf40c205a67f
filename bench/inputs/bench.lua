-- Tables, closures, strings, metatables and error handling, as a Lua program mixes them.
local size = tonumber(arg and arg[1] or ...) or 1

local Point = {}
Point.__index = Point
Point.__add = function(a, b) return setmetatable({x = a.x + b.x, y = a.y + b.y}, Point) end
function Point.new(x, y) return setmetatable({x = x, y = y}, Point) end
function Point:norm() return self.x * self.x + self.y * self.y end

local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end

local function sieve(limit)
  local flags, count = {}, 0
  for i = 2, limit do
    if not flags[i] then
      count = count + 1
      for j = i * i, limit, i do flags[j] = true end
    end
  end
  return count
end

local function words(n)
  local counts, keys = {}, {}
  for i = 1, n do
    local key = string.format("w%d", (i * 7919) % 101)
    counts[key] = (counts[key] or 0) + 1
  end
  for key in pairs(counts) do keys[#keys + 1] = key end
  table.sort(keys)
  return table.concat(keys, ","):gsub("w1(%d)", "<%1>"):len()
end

local function failures(n)
  local caught = 0
  for i = 1, n do
    if not pcall(function() if i % 3 == 0 then error("three") end end) then caught = caught + 1 end
  end
  return caught
end

local total = 0
for round = 1, size do
  local sum = Point.new(0, 0)
  for i = 1, 2000 do sum = sum + Point.new(i, -i) end
  total = total + sum:norm() % 1000 + fib(16) + sieve(5000) + words(1000) + failures(200)
end
print(string.format("%d rounds, %d", size, total))

-- For wrk. Arguments: a file of paths, one a line, asked for in turn; after how many answers to say 'enough', 0 for
-- never. At the end it prints a line of JSON: the answers, those that were no 200, those that tell they are stale.

local paths, position, wanted = {}, 0, 0
local threads = {}
answers, refused, stale = 0, 0, 0

function setup(thread) threads[#threads + 1] = thread end

function init(args)
  for line in io.lines(args[1]) do paths[#paths + 1] = wrk.format(nil, line) end
  wanted = tonumber(args[2])
end

function request()
  position = position % #paths + 1
  return paths[position]
end

function response(status, headers)
  answers = answers + 1
  if status ~= 200 then refused = refused + 1 end
  for name, value in pairs(headers) do
    if name:lower() == 'cache-status' and value:find('stale-if-error', 1, true) then stale = stale + 1 end
  end
  if answers == wanted then
    io.write('enough\n')
    io.flush()
  end
end

function done(summary, latency)
  local thread, errors = threads[1], summary.errors
  io.write(string.format(
    '{"answers":%d,"refused":%d,"stale":%d,"broken":%d,"durationMs":%.0f,"p99Ms":%.1f,"maxMs":%.1f}\n',
    thread:get('answers'), thread:get('refused'), thread:get('stale'),
    errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration / 1000, latency:percentile(99) / 1000, latency.max / 1000
  ))
end

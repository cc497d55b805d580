-- wrk connects to loopback, whatever name the URL has.
function wrk.resolve(_, service)
  wrk.addrs = wrk.lookup("127.0.0.1", service)
end

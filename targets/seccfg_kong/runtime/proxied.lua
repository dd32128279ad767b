-- Whether an answer that nobody here decided goes out over TLS, where proxies may say so of a connection of theirs.
local addresses = use("addresses")
local head = use("head")

return function(host, trusted)
  local peer = host.peer() and addresses.read(host.peer())
  if peer and addresses.within(peer, trusted) then
    return head.tls(head.read(host, trusted))
  end
  return host.scheme() == "https"
end

"""Send one request over httpx and httpcore. Only this folder sends with them.

It sends over single connections of httpcore's, the library below httpx. `httpx.Client` would keep the
server's cookies and build a request from each `Location` even when told not to follow it, and can raise from
what a server sent. httpcore's pool looks at all of its connections whenever a request begins or ends, and has
a lock that a signal's exception can leave locked. Only an injected client is used as it is.

| module | purpose |
| --- | --- |
| `deferred` | whether httpx has to check the settings when a client is made |
| `settings` | certificates, proxies, injected clients: checked once |
| `pool` | the connections of threads; imports httpx with the first request |
| `conversion` | our requests to httpcore's and httpx's, their responses and errors to ours |
| `threads`, `tasks` | one attempt over a connection, for threads and for asyncio |
| `connections` | the connections in use, and those kept alive |
| `injected` | one attempt over a client of the caller's |
| `decoding` | compressed responses, in small parts |
| `network`, `asyncio_network`, `framing` | the network streams: deadlines, counted bytes |
| `httpx_log` | the logs of both libraries without the key |
"""

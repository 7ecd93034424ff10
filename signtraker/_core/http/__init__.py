"""Send one request over httpx and httpcore. Only this folder sends with them.

It talks to httpx's transports, not to `httpx.Client`, which would keep the server's cookies and build a
request from each `Location` even when told not to follow it. Both can raise from what a server sent.

| module | purpose |
| --- | --- |
| `settings` | certificates, proxies, injected clients: checked once |
| `conversion` | our requests to httpx's, httpx's responses and errors to ours |
| `threads`, `tasks` | connections, and one attempt over them |
| `decoding` | compressed responses, in small parts |
| `network`, `framing` | the network streams: deadlines, counted bytes |
| `httpx_log` | the logs of both libraries without the key |
"""

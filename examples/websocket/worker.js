import page from './index.html';

/** Serves one client until either side closes. */
function talk(socket) {
  let count = 0;
  socket.addEventListener('message', ({ data }) => {
    if (typeof data !== 'string') {
      socket.close(1003, 'text only, please');
    } else if (data === 'bye') {
      socket.close(1000, `after ${count} lines`);
    } else if (data === 'time') {
      socket.send(new Date().toISOString());
    } else {
      socket.send(`${++count}: ${data}`);
    }
  });
  socket.addEventListener('close', ({ code, reason }) => console.log(`closed: ${code} ${reason}`));
  socket.send('hello');
}

export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/') return new Response(page, { headers: { 'Content-Type': 'text/html;charset=UTF-8' } });
    if (pathname !== '/talk') return new Response('There is nothing here', { status: 404 });
    if (request.headers.get('Upgrade') !== 'websocket') {
      return new Response('This is for WebSockets', { status: 426, headers: { Upgrade: 'websocket' } });
    }
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    talk(server);
    const offered = request.headers.get('Sec-WebSocket-Protocol')?.split(/,\s*/) ?? [];
    const headers = offered.includes('lines') ? { 'Sec-WebSocket-Protocol': 'lines' } : {};
    return new Response(null, { status: 101, webSocket: client, headers });
  },
};

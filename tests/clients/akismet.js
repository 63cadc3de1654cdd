// Asks a live service by the npm package akismet-api, as its users do.
// Arguments: the service's address, a JSON list of calls [method, key, comment].
'use strict';
const [address, calls] = process.argv.slice(2);
const {AkismetClient} = require('akismet-api');

// The package puts the key before the host's name; that name leads to the service, as in the DNS.
require('dns').lookup = (name, options, done) =>
  options.all ? done(null, [{address: '127.0.0.1', family: 4}]) : done(null, '127.0.0.1', 4);

const host = address.replace('http://127.0.0.1', 'rest.localhost');
const blog = 'https://news.example';
(async () => {
  const told = [];
  for (const [method, key, comment] of JSON.parse(calls)) {
    const client = new AkismetClient({key, blog, host, protocol: 'http'});
    try {
      const reply = await client[method]({ip: '192.0.2.7', ...comment});
      told.push({reply: typeof reply === 'boolean' ? reply : reply.text});
    } catch (error) {
      told.push({message: error.message});
    }
  }
  console.log(JSON.stringify(told));
})();

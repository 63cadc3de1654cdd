// Asks a live service by the npm package perspective-api-client, as its users do.
// Arguments: the service's address, a JSON list of calls [text, options].
'use strict';
const [address, calls] = process.argv.slice(2);
const axios = require('axios');
const Perspective = require('perspective-api-client');

// The package has upstream's address built in; this is the change of one URL.
axios.interceptors.request.use(config => {
  config.url = config.url.replace('https://commentanalyzer.googleapis.com', address);
  config.proxy = false;
  return config;
});

const client = new Perspective({apiKey: 'any'});
const ask = async ([text, options]) => {
  try {
    return {reply: await client.analyze(text, options)};
  } catch (error) {
    const {name, message, response} = error;
    return {name, message, status: response && response.status, body: response && response.data};
  }
};
(async () => {
  const told = [];
  for (const call of JSON.parse(calls)) {
    told.push(await ask(call));
  }
  console.log(JSON.stringify(told));
})();

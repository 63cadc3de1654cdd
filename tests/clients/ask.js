// Asks a live service by the npm package perspective-api-client, as its users do.
// Arguments: a JSON list of calls [text, options]. The file recipe.js beside this one, which may be
// empty, leads the package to the service.
'use strict';
require('./recipe.js');
const Perspective = require('perspective-api-client');

const client = new Perspective({apiKey: process.env.KEY || 'any'});
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
  for (const call of JSON.parse(process.argv[2])) {
    told.push(await ask(call));
  }
  console.log(JSON.stringify(told));
})();

// Asks a live service for moderations by the npm package openai, as its users do.
// Arguments: the service's address, a JSON list of inputs.
'use strict';
const [address, inputs] = process.argv.slice(2);
const {OpenAI} = require('openai');

const client = new OpenAI({baseURL: `${address}/v1`, apiKey: 'any', maxRetries: 0});
(async () => {
  const told = [];
  for (const input of JSON.parse(inputs)) {
    try {
      const {results} = await client.moderations.create({input});
      const texts = typeof input === 'string' ? [input] : input;
      told.push({
        answers: texts.map((text, position) => {
          // As its users read it: no answer may be missing, and none without its categories.
          const {flagged, categories, category_scores: scores, error} = results[position];
          return {text, flagged, hate: categories.hate, score: scores.hate, error};
        }),
      });
    } catch ({name, status, param}) {
      told.push({name, status, param});
    }
  }
  console.log(JSON.stringify(told));
})();

// Asks as n8n's node does: with a token of Google's that is no key of ours.
'use strict';
const https = require('https');

const ask = text => new Promise((resolve, reject) => {
  const body = JSON.stringify({
    comment: {type: 'PLAIN_TEXT', text},
    requestedAttributes: {
      TOXICITY: {scoreType: 'probability', scoreThreshold: 0},
      FLIRTATION: {scoreType: 'probability', scoreThreshold: 0}
    },
    languages: 'en'
  });
  const headers = {
    Accept: 'application/json',
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Authorization: 'Bearer ya29.a-token-of-googles'
  };
  const url = 'https://commentanalyzer.googleapis.com/v1alpha1/comments:analyze';
  const request = https.request(url, {method: 'POST', headers}, reply => {
    const parts = [];
    reply.on('data', part => parts.push(part));
    reply.on('end', () => {
      const told = JSON.parse(Buffer.concat(parts));
      if (reply.statusCode !== 200) {
        return reject(new Error(told.error.message));
      }
      resolve(Object.fromEntries(
        Object.entries(told.attributeScores).map(([name, one]) => [name, one.summaryScore.value])
      ));
    });
  });
  request.on('error', reject);
  request.end(body);
});
(async () => {
  const scores = [];
  for (const text of process.argv.slice(2)) {
    scores.push(await ask(text));
  }
  console.log(JSON.stringify(scores));
})().catch(error => {
  console.error(error.message);
  process.exitCode = 1;
});

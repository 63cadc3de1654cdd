# Asks as Discourse's plugin does: by Excon, over one connection, with the key in the query.
require 'excon'
require 'json'

server = 'https://commentanalyzer.googleapis.com'
options = {
  connect_timeout: 1, read_timeout: 3, write_timeout: 3, ssl_verify_peer: true, retry_limit: 0,
  persistent: true
}
connection = Excon.new(server, options)
scores = ARGV.map do |text|
  body = {
    comment: {text: text},
    doNotStore: true,
    sessionId: 'https://forum.example_42',
    requestedAttributes: {TOXICITY: {scoreType: 'PROBABILITY'}}
  }.to_json
  headers = {
    'Accept' => '*/*', 'Content-Length' => body.bytesize, 'Content-Type' => 'application/json',
    'User-Agent' => 'Discourse/3.4.0'
  }
  reply = connection.request(
    method: :post, path: '/v1alpha1/comments:analyze', query: {key: ENV['KEY']}, headers: headers,
    body: body
  )
  JSON.parse(reply.body)['attributeScores'].transform_values { |one| one['summaryScore']['value'] }
end
puts scores.to_json

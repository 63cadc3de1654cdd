# Asks as Perspective's own first example did: by curl, without quotation marks around names.
separator='['
for text in "$@"; do
  reply=$(curl --fail --silent --show-error -H 'Content-Type: application/json' \
    --data "{comment: {text: \"$text\"}, languages: [\"en\"], requestedAttributes: {TOXICITY: {}}}" \
    "https://commentanalyzer.googleapis.com/v1alpha1/comments:analyze?key=$KEY") || exit 1
  printf '%s{"TOXICITY": %s}' "$separator" \
    "$(echo "$reply" | sed 's/.*"summaryScore":{"value":\([0-9.]*\).*/\1/')"
  separator=','
done
echo ']'

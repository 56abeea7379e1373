#!/usr/bin/env bash
# One face verification by curl alone, from the access token to the record:
#
#   go run ./examples/simulator            # in another terminal; its first line has the keys
#   bash examples/simulator/kyc1.sh http://127.0.0.1:18080 TIDA0001 SECRET [ENDING]
#
# It needs curl, jq and sha1sum. Every signature is made here, by the rule of the
# documents: the values and the ticket, sorted by their bytes, joined without
# separators, SHA-1, in capitals. The person is invented.
set -euo pipefail
base=$1 app=$2 secret=$3 ending=${4:-passes}
order=curl$(date +%s)$RANDOM user=user1

sign() { printf '%s\n' "$@" | LC_ALL=C sort | tr -d '\n' | sha1sum | cut -d' ' -f1 | tr a-f A-F; }
nonce() { LC_ALL=C tr -dc A-Za-z0-9 </dev/urandom | head -c 32 || true; }
# ok prints an answer, and ends the script if its code is not 0.
ok() { jq -e 'if (.code|tostring) == "0" then . else error(.msg) end'; }
get() { curl -sS --get "$base$1" "${@:2}" | ok; }
post() { curl -sS -H 'Content-Type: application/json' -d "$2" "$base$1" | ok; }

token=$(get /api/oauth2/access_token -d appId="$app" -d secret="$secret" -d grant_type=client_credential -d version=1.0.0 | jq -r .access_token)
ticket() { get /api/oauth2/api_ticket -d appId="$app" -d access_token="$token" -d version=1.0.0 "$@" | jq -r '.tickets[0].value'; }
sign_ticket=$(ticket -d type=SIGN)
echo "access token and SIGN ticket fetched"

n=$(nonce)
face=$(post "/api/server/getPlusFaceId?orderNo=$order" "$(jq -n \
	--arg appId "$app" --arg orderNo "$order" --arg userId "$user" --arg nonce "$n" \
	--arg sign "$(sign "$app" "$user" 1.0.0 "$sign_ticket" "$n")" \
	'{appId: $appId, orderNo: $orderNo, userId: $userId, name: "李测试", idNo: "110101199003074477", version: "1.0.0", nonce: $nonce, sign: $sign}')" |
	jq -r .result.faceId)
echo "uploaded: order $order"

# Only the simulator has this path: it says how the person will end.
curl -sS -H 'Content-Type: application/json' -d "{\"orderNo\":\"$order\",\"ending\":\"$ending\"}" "$base/sim/order" >/dev/null

nonce_ticket=$(ticket -d type=NONCE -d user_id="$user")
n=$(nonce)
page=$base/api/web/login?$(jq -rn \
	--arg appId "$app" --arg orderNo "$order" --arg userId "$user" --arg faceId "$face" --arg nonce "$n" \
	--arg sign "$(sign "$app" "$order" "$user" 1.0.0 "$face" "$nonce_ticket" "$n")" \
	'{appId: $appId, version: "1.0.0", nonce: $nonce, orderNo: $orderNo, faceId: $faceId, userId: $userId, sign: $sign,
	  url: "https://merchant.example/back", from: "browser", resultType: "1"}
	 | to_entries | map("\(.key)=\(.value | @uri)") | join("&")')
callback=$(curl -sS -H 'Content-Type: application/json' -d "$(jq -n --arg url "$page" '{url: $url}')" "$base/sim/visit" | jq -er .callback)
echo "the person came back"

# A parameter of the callback, and its signature.
value() { sed -nE "s/.*[?&]$1=([^&]*).*/\1/p" <<<"$callback"; }
code=$(value code)
if [ "$(value newSignature)" != "$(sign "$app" "$order" "$code" "$sign_ticket")" ]; then
	echo "the callback is forged"
	exit 1
fi
echo "the callback is signed by the platform: code $code"

n=$(nonce)
record=$(curl -sS -H 'Content-Type: application/json' "$base/api/v2/base/queryfacerecord?orderNo=$order" -d "$(jq -n \
	--arg appId "$app" --arg orderNo "$order" --arg nonce "$n" --arg sign "$(sign "$app" "$order" 1.0.0 "$sign_ticket" "$n")" \
	'{appId: $appId, orderNo: $orderNo, version: "1.0.0", nonce: $nonce, sign: $sign, getFile: "0"}')")
code=$(jq -r .code <<<"$record")
if [ "$code" = 0 ]; then
	echo "passed: 0, similarity $(jq -r .result.similarity <<<"$record")"
else
	echo "not passed: $code $(jq -r .msg <<<"$record")"
fi

<?php
// Asks as programs in PHP do: by its extension curl, with the key in the query.
$scores = [];
foreach ( array_slice( $argv, 1 ) as $text ) {
	$url    = 'https://commentanalyzer.googleapis.com/v1alpha1/comments:analyze?key=' . getenv( 'KEY' );
	$handle = curl_init( $url );
	$body   = [
		'comment'             => [ 'text' => $text ],
		'languages'           => [ 'en' ],
		'requestedAttributes' => [ 'TOXICITY' => new stdClass() ],
	];
	curl_setopt_array( $handle, [
		CURLOPT_RETURNTRANSFER => true,
		CURLOPT_FAILONERROR    => true,
		CURLOPT_HTTPHEADER     => [ 'Content-Type: application/json' ],
		CURLOPT_POSTFIELDS     => json_encode( $body ),
	] );
	$reply = curl_exec( $handle );
	if ( false === $reply ) {
		fwrite( STDERR, curl_error( $handle ) );
		exit( 1 );
	}
	$scores[] = array_map(
		fn( $one ) => $one['summaryScore']['value'],
		json_decode( $reply, true )['attributeScores']
	);
}
echo json_encode( $scores );

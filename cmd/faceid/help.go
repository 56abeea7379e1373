package main

const description = `faceid finds out why face verification does not work, and looks at what the platform says.

Secrets come from the environment or from the file of --config, and never from arguments.`

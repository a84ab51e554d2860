console.log("node", [...Array(10).keys()].reduce((a, b) => a + b), process.argv.slice(2));

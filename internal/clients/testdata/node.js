'use strict';
// A server that reports with sa-sdk-node. argv[2] is the visit, as JSON. It stays until
// its standard input ends, so that a retry would be seen, then prints what went wrong.

const SensorsAnalytics = require('sa-sdk-node');

const visit = JSON.parse(process.argv[2]);
const { visitor, login, phone, email, uid, ip, latitude, longitude } = visit.planted;
const problems = [];

const sa = new SensorsAnalytics();
const submitter = sa.submitTo(
  { url: visit.collector, gzip: visit.gzip, mode: visit.mode, timeout: 5000 },
  visit.batch,
);
submitter.catch((error) => problems.push(`submit: ${error.message}`));
sa.registerSuperProperties({ $app_version: '1.0.3', env: 'test', user_phone: phone });

const page = `https://www.example.test/goods?uid=${uid}&email=${encodeURIComponent(email)}`;

sa.track(visitor, 'ViewProduct', {
 
  product_name: '苹果 "A/B" + 100% 🍎',
  price: 12.5,
  tags: ['a', 'b'],
  $ip: ip,
  $latitude: Number(latitude),
  $longitude: Number(longitude),
  $url: page,
  $referrer: page,
  $title: `联系 ${phone}`,
});
sa.track(visitor, 'ViewCart', { $userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 15_0 like Mac OS X)' });
sa.profileSet(visitor, { phone, email, $name: '张三', birthday: '1990-01-31' });
sa.trackSignup(login, visitor, {});
sa.track(login, 'PayOrder', { price: 99 });
if (visit.item) sa.itemSet('book', 'book-0001', { name: '红楼梦' });

process.stdin.resume();
process.stdin.on('end', () => {
  process.stdout.write(JSON.stringify(problems));
  process.exit(0);
});

'use strict';
// A mini program that reports with sa-sdk-miniprogram. argv[2] is the visit, as JSON.
// It stays until its standard input ends, then prints what went wrong.

const visit = JSON.parse(process.argv[2]);
const { visitor, unionid, login, phone, email, uid } = visit.planted;
const program = require('./wx.js').install({ uid, phone, utm_source: 'baidu' });
const sensors = require('sa-sdk-miniprogram');

sensors.setPara({
  name: 'sensors',
  server_url: visit.collector,
  batch_send: visit.batch,
  show_log: false,
  autoTrack: { appLaunch: true, appShow: true, appHide: false, pageShow: false, pageShare: false, mpFavorite: false },
});
if (visit.gzip) sensors.use(require('sa-sdk-miniprogram/dist/wechat/plugin/gzip/index.cmd.js'));
sensors.registerApp({ userLevel: 'VIP', user_phone: phone });
sensors.setOpenid(visitor);
sensors.init();

program.open();
sensors.track('ViewProduct', { product_name: '苹果 "A/B" + 100% 🍎', price: 12.5 });
sensors.setProfile({ phone, email });
sensors.bindUnionid(unionid);
sensors.bind('$identity_mobile', phone);
sensors.login(login);
sensors.track('PayOrder', { price: 99, note: `电话 ${phone}` });

process.stdin.resume();
process.stdin.on('end', () => {
  process.stdout.write(JSON.stringify(program.problems));
  process.exit(0);
});

'use strict';
// A page that reports with sa-sdk-javascript. The test calls prepare, writes the consent
// of the visitor whose id prepare gives, as the site's consent banner would, and calls act.

var sensors = window.sensorsDataAnalytic201505;

function prepare(visit) {
  var planted = visit.planted;
  document.cookie = 'member=' + planted.member + '; path=/; domain=example.test';
  document.title = '商品页 & "测试" ' + planted.phone;
  document.getElementById('call').textContent = '联系 ' + planted.phone;
  sensors.init({
    server_url: visit.collector,
    send_type: visit.sendType,
    batch_send: visit.batch || false,
    debug_mode: visit.debug || false,
    debug_mode_upload: visit.debug || false,
    show_log: false,
    heatmap: { clickmap: 'default', scroll_notice_map: 'not_collect' },
  });
  sensors.registerPage({ page_type: 'detail', user_phone: planted.phone });
  return sensors.quick('getAnonymousID');
}

function act(visit) {
  var planted = visit.planted;
  sensors.quick('autoTrack');
  sensors.track('ViewProduct', { product_name: '苹果 "A/B" + 100% 🍎', price: 12.5, tags: ['a', 'b'] });
  document.getElementById('call').click();
  sensors.setProfile({ phone: planted.phone, email: planted.email, $name: '张三' });
  sensors.bind('$identity_mobile', planted.phone);
  sensors.login(planted.login);
  sensors.track('PayOrder', { price: 99, note: '电话 ' + planted.phone });
}

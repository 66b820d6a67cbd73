'use strict';
// As much of a WeChat mini program as the SDK touches: storage in memory, a device that
// never changes, and wx.request over Node's http. As in WeChat, an answer with any
// status is a success, and only a request without an answer fails.

const http = require('http');

const launch = (query) => ({ path: 'pages/goods/index', scene: 1001, query });

function send(call, state) {
  const body = call.data === undefined ? '' : String(call.data);
  const request = http.request(call.url, {
    method: call.method || 'GET',
    headers: {
      'content-type': 'application/json',
      ...call.header,
      'user-agent': 'Mozilla/5.0 (Linux; Android 12; NOH-AN00) MicroMessenger/8.0.47 MiniProgramEnv/android',
      referer: 'https://servicewechat.com/wx1234567890abcdef/12/page-frame.html',
      'content-length': Buffer.byteLength(body),
    },
  });
  const settle = (name, result) => {
    if (call[name]) call[name](result);
    if (call.complete) call.complete(result);
  };
  request.on('response', (response) => {
    const parts = [];
    response.on('data', (part) => parts.push(part));
    response.on('end', () => {
      if (response.statusCode !== 200) state.problems.push(`status ${response.statusCode}`);
      settle('success', { statusCode: response.statusCode, data: Buffer.concat(parts).toString() });
    });
  });
  request.on('error', (error) => {
    state.problems.push(`request: ${error.message}`);
    settle('fail', { errMsg: error.message });
  });
  request.end(body);
}

// install puts wx and the constructors of a mini program into the global scope.
function install(query) {
  const state = { problems: [], storage: new Map(), show: [], hide: [] };
  global.wx = {
    getAccountInfoSync: () => ({ miniProgram: { appId: 'wx1234567890abcdef', envVersion: 'release', version: '1.2.3' } }),
    getLaunchOptionsSync: () => launch(query),
    getNetworkType: (call) => call.success({ networkType: 'wifi' }),
    getStorage: (call) => call.complete({ data: state.storage.get(call.key) }),
    getStorageSync: (key) => state.storage.get(key) || '',
    setStorageSync: (key, value) => state.storage.set(key, value),
    getSystemInfo: (call) => call.success({
      brand: 'HUAWEI', model: 'NOH-AN00', screenWidth: 392, screenHeight: 852,
      platform: 'android', system: 'Android 12', version: '8.0.47', SDKVersion: '2.25.0',
    }),
    onAppShow: (callback) => state.show.push(callback),
    onAppHide: (callback) => state.hide.push(callback),
    onNetworkStatusChange: () => {},
    setNavigationBarTitle: () => {},
    request: (call) => send(call, state),
  };
  global.App = () => {};
  global.Page = () => {};
  global.Component = () => {};
  global.getCurrentPages = () => [{ route: 'pages/goods/index', options: query }];
  state.open = () => state.show.forEach((callback) => callback(launch(query)));
  return state;
}

module.exports = { install };

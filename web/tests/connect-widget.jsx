// A partner's page: MX's widget, mounted with the adapter. The test bundles it and says what it is about in the hash.
import React from 'react';
import { createRoot } from 'react-dom/client';
import { ApiProvider, ConnectWidget } from '@mxenabled/connect-widget';
import '@mxenabled/connect-widget/dist/style.css';
import { createAdapter } from '@florin/connect-adapter';

const { baseUrl, session, user_guid, clientConfig } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
window.messages = [];

createRoot(document.getElementById('root')).render(
  <ApiProvider apiValue={createAdapter({ baseUrl, session })}>
    <ConnectWidget
      clientConfig={{ ui_message_version: 4, oauth_referral_source: 'BROWSER', ...clientConfig }}
      language={{ locale: 'en', custom_copy_namespace: '' }}
      onPostMessage={(event, data) => window.messages.push([event, data])}
      profiles={{
        loading: false,
        client: { guid: 'CLT-1', oauth_app_name: 'Northbank' },
        clientColorScheme: {},
        clientProfile: {
          uses_oauth: true,
          account_verification_is_enabled: true,
          account_identification_is_enabled: true,
          is_microdeposits_enabled: true,
          locale: 'en',
        },
        user: { guid: user_guid, email: 'ada@example.com' },
        userProfile: {},
        widgetProfile: {
          enable_manual_accounts: true,
          enable_support_requests: true,
          show_microdeposits_in_connect: true,
        },
      }}
      userFeatures={{}}
    />
  </ApiProvider>,
);

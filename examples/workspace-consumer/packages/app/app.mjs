import { openHandbook } from '@example/handbook';

const handbook = await openHandbook();
const [page] = await handbook.invoke('Where can I leave my bike?');
console.log(page.pageContent);

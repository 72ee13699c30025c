/** Whether the browser believes that there is a network. */

class Network {
  isOnline = $state(navigator.onLine);

  constructor() {
    const look = () => (this.isOnline = navigator.onLine);
    window.addEventListener('online', look);
    window.addEventListener('offline', look);
  }
}

export const network = new Network();

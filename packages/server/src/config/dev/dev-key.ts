/** The key of every `millrace dev`. It protects nothing, so no other server accepts it. */
export const DEV_API_KEY = 'ifr_millrace_dev_is_no_secret';

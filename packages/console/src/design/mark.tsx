import url from './mark.svg';

/** The mark of millrace, an ornament beside its name. */
export const Mark = ({ size }: { readonly size: number }) => (
  <img src={url} width={size} height={size} alt="" />
);

import { createContext, Suspense, use, useContext, useId, useMemo, useState } from 'react';

const User = createContext('nobody');

function Greeting() {
  const id = useId();
  const name = useContext(User);
  const [count] = useState(3);
  const stars = useMemo(() => '*'.repeat(count), [count]);
  return (
    <p id="greeting" data-id={id}>
      Hello {name} {stars}
    </p>
  );
}

function Quote({ quote }: { quote: Promise<string> }) {
  return <blockquote>{use(quote)}</blockquote>;
}

export function App({ name, quote }: { name: string; quote: Promise<string> }) {
  return (
    <html lang="en">
      <head>
        <title>{`For ${name}`}</title>
        <meta charSet="utf-8" />
      </head>
      <body>
        <User.Provider value={name}>
          <Greeting />
        </User.Provider>
        <Suspense fallback={<p id="fallback">a moment</p>}>
          <Quote quote={quote} />
        </Suspense>
      </body>
    </html>
  );
}

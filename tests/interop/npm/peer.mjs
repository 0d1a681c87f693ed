// COSE peer in JavaScript: @transmute/cose (statements, inclusion and consistency receipts, ES256).
// Everything about COSE and Merkle trees is done by the package; this file reads files, picks the key
// a header names and says yes (exit 0) or no (exit 1).
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import * as cose from '@transmute/cose'

const CWT_CLAIMS = 15
const CONTENT_TYPE = 'application/vnd.vouch.records+cbor'

const read = path => readFileSync(path)
const write = (path, bytes) => writeFileSync(path, Buffer.from(bytes))
const view = bytes => new Uint8Array(Buffer.from(bytes))
// The package writes an ArrayBuffer as a byte string and a Uint8Array as a tagged one.
const byteString = bytes => view(bytes).buffer

// RFC 9679: the hash of {1: 2, -1: 1, -2: x, -3: y}.
const thumbprint = jwk => {
  const x = Buffer.from(jwk.x, 'base64url')
  const y = Buffer.from(jwk.y, 'base64url')
  const input = Buffer.concat([Buffer.from('a401022001215820', 'hex'), x, Buffer.from('225820', 'hex'), y])
  return createHash('sha256').update(input).digest()
}

const privateJwk = path => ({ ...createPrivateKey(read(path)).export({ format: 'jwk' }), alg: 'ES256' })
const publicJwk = path => ({ ...createPublicKey(read(path)).export({ format: 'jwk' }), alg: 'ES256' })
const kidOf = message => {
  const { tag, value } = cose.cbor.decode(message)
  if (tag !== 18) throw new Error('not a tagged COSE_Sign1')
  return Buffer.from(cose.cbor.decode(value[0]).get(4))
}

const resolverOfKey = jwk => ({
  resolve: message => {
    if (!thumbprint(jwk).equals(kidOf(message))) throw new Error('kid is not the thumbprint of the key')
    return jwk
  }
})

const resolverOfKeySet = path => ({
  resolve: message => {
    const kid = kidOf(message)
    for (const key of cose.cbor.decode(read(path))) {
      if (key.get(1) !== 2 || key.get(-1) !== 1) continue
      const jwk = {
        kty: 'EC',
        crv: 'P-256',
        x: Buffer.from(key.get(-2)).toString('base64url'),
        y: Buffer.from(key.get(-3)).toString('base64url'),
        alg: 'ES256'
      }
      if (thumbprint(jwk).equals(kid)) return jwk
    }
    throw new Error('key set: no key with the kid of the message')
  }
})

const remote = path => cose.crypto.signer({ privateKeyJwk: privateJwk(path) })
const receiptHeader = args => new Map([
  [1, -7],
  [4, byteString(thumbprint(privateJwk(args.key)))],
  [CWT_CLAIMS, new Map([[1, args.origin], [2, args.origin]])],
  [395, 1]
])
const leaves = paths => Promise.all(paths.map(path => cose.receipt.leaf(view(read(path)))))

const commands = {
  sign: async args => {
    const message = await cose.attached.signer({ remote: remote(args.key) }).sign({
      protectedHeader: new Map([
        [1, -7],
        [3, CONTENT_TYPE],
        [4, byteString(thumbprint(privateJwk(args.key)))],
        [CWT_CLAIMS, new Map([[1, args.issuer], [2, args.subject], [6, Number(args['issued-at'])]])]
      ]),
      unprotectedHeader: new Map(),
      payload: view(read(args.payload))
    })
    write(args.out, message)
  },

  verify: async (args, [statement]) => {
    await cose.attached.verifier({ resolver: resolverOfKey(publicJwk(args.public)) })
      .verify({ coseSign1: view(read(statement)) })
  },

  'check-receipt': async args => {
    await cose.receipt.inclusion.verify({
      entry: await cose.receipt.leaf(view(read(args.entry))),
      receipt: view(read(args.receipt)),
      verifier: cose.detached.verifier({ resolver: resolverOfKeySet(args.keys) })
    })
  },

  // A statement with its receipt in header 394: the package checks both.
  'check-transparent': async (args, [statement]) => {
    const whole = view(read(statement))
    const issuer = publicJwk(args.public)
    const log = resolverOfKeySet(args.keys)
    const resolver = {
      resolve: message => thumbprint(issuer).equals(kidOf(message)) ? issuer : log.resolve(message)
    }
    const verifier = await cose.receipt.verifier(resolver)
    const { receipts } = await verifier.verify({ coseSign1: whole, payload: cose.cbor.decode(whole).value[2] })
    if (receipts.length !== 1) throw new Error(`${receipts.length} receipts`)
  },

  'check-consistency': async args => {
    const good = await cose.receipt.consistency.verify({
      oldRoot: view(Buffer.from(args['old-root'], 'hex')),
      newRoot: view(Buffer.from(args['new-root'], 'hex')),
      receipt: view(read(args.receipt)),
      verifier: cose.detached.verifier({ resolver: resolverOfKeySet(args.keys) })
    })
    if (!good) throw new Error('consistency proof does not verify')
  },

  'issue-receipt': async (args, entries) => {
    const receipt = await cose.receipt.inclusion.issue({
      protectedHeader: receiptHeader(args),
      entry: Number(args.index),
      entries: await leaves(entries),
      signer: cose.detached.signer({ remote: remote(args.key) })
    })
    write(args.out, receipt)
  },

  // Consistency from the tree of an inclusion receipt to the tree of the entries.
  'issue-consistency': async (args, entries) => {
    const { root, receipt } = await cose.receipt.consistency.issue({
      protectedHeader: receiptHeader(args),
      receipt: view(read(args.receipt)),
      entries: await leaves(entries),
      signer: cose.detached.signer({ remote: remote(args.key) })
    })
    write(args.out, receipt)
    console.log(Buffer.from(root).toString('hex'))
  }
}

const words = ['key', 'public', 'payload', 'issuer', 'subject', 'issued-at', 'out', 'keys', 'entry', 'receipt',
  'origin', 'index', 'old-root', 'new-root']
const options = Object.fromEntries(words.map(word => [word, { type: 'string' }]))
const { values, positionals } = parseArgs({ options, allowPositionals: true })
const command = commands[positionals[0]]
if (!command) {
  console.error('usage: peer.mjs ' + Object.keys(commands).join('|'))
  process.exit(2)
}
try {
  await command(values, positionals.slice(1))
} catch (error) {
  console.error(error.message)
  process.exit(1)
}

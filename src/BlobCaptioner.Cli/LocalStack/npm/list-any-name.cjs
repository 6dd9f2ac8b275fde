// Loaded into Azurite with --require. Azurite takes blob names with characters that XML has no place for, and from then on answers each listing of the
// container with 500 and no body. With this it writes the names as they are; captioner's ListingXmlPolicy reads them. Without xmlbuilder, nothing changes.
'use strict';
try {
  const azurite = { paths: [process.argv[1]] };
  const builder = { paths: [require.resolve('xml2js', azurite)] };
  require(require.resolve('xmlbuilder/lib/XMLStringifier', builder)).prototype.assertLegalChar = text => text;
} catch {
  // another version of Azurite
}

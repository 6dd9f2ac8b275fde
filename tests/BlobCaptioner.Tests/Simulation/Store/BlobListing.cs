using System.Globalization;
using System.Text;
using System.Xml;

namespace BlobCaptioner.Tests.Simulation.Store;

/// <summary>Listings of a container, flat or by hierarchy, in pages.</summary>
internal static class BlobListing
{
    private const int MostPerPage = 5000;

    public static StoreResponse Answer(StoreRequest request, StoredContainer container)
    {
        var (prefix, delimiter, marker) = (request.Query("prefix"), request.Query("delimiter"), Decode(request.Query("marker")));
        var asked = request.Query("maxresults");
        var most = asked.Length == 0 ? MostPerPage : int.Parse(asked, CultureInfo.InvariantCulture);
        if (most < 1)
        {
            return StoreResponse.Error(400, "OutOfRangeQueryParameterValue");
        }

        most = Math.Min(most, MostPerPage);
        var withMetadata = request.Query("include").Split(',').Contains("metadata", StringComparer.OrdinalIgnoreCase);
        var xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"").Append(container.Name).Append("\">");
        xml.Element("Prefix", prefix);
        xml.Append("<Blobs>");
        var (listed, next, lastFolder) = (0, "", "");
        foreach (var blob in container.Blobs.Values)
        {
            if (!blob.Name.StartsWith(prefix, StringComparison.Ordinal) || string.CompareOrdinal(blob.Name, marker) < 0)
            {
                continue;
            }

            var cut = delimiter.Length == 0 ? -1 : blob.Name.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal);
            var folder = cut < 0 ? "" : blob.Name[..(cut + delimiter.Length)];
            if (cut >= 0 && folder == lastFolder)
            {
                continue;
            }

            if (listed == most)
            {
                next = blob.Name;
                break;
            }

            listed++;
            lastFolder = folder;
            if (cut >= 0)
            {
                xml.Append("<BlobPrefix>");
                Name(xml, folder);
                xml.Append("</BlobPrefix>");
            }
            else
            {
                Blob(xml, blob, withMetadata);
            }
        }

        xml.Append("</Blobs>");
        xml.Element("NextMarker", next.Length == 0 ? "" : Convert.ToBase64String(Encoding.UTF8.GetBytes(next)));
        xml.Append("</EnumerationResults>");
        return new StoreResponse(200).With("Content-Type", "application/xml").WithBody(Encoding.UTF8.GetBytes(xml.ToString()));
    }

    private static void Blob(StringBuilder xml, StoredBlob blob, bool withMetadata)
    {
        xml.Append("<Blob>");
        Name(xml, blob.Name);
        xml.Append("<Properties><Creation-Time>").Append(SimulatedStore.Time(blob.Created))
            .Append("</Creation-Time><Last-Modified>").Append(SimulatedStore.Time(blob.LastModified))
            .Append("</Last-Modified><Etag>").Append(blob.ETag)
            .Append("</Etag><Content-Length>").Append(blob.Content.Length).Append("</Content-Length>");
        xml.Element("Content-Type", blob.ContentType);
        xml.Append("<BlobType>BlockBlob</BlobType></Properties>");
        if (withMetadata)
        {
            xml.Append("<Metadata>");
            foreach (var (key, value) in blob.Metadata)
            {
                xml.Element(key, value);
            }

            xml.Append("</Metadata>");
        }

        xml.Append("</Blob>");
    }

    // since version 2021-02-12 Azure percent-encodes a name that XML can't carry, and says so
    private static void Name(StringBuilder xml, string name)
    {
        var isPlain = true;
        foreach (var letter in name)
        {
            isPlain &= XmlConvert.IsXmlChar(letter) || char.IsSurrogate(letter);
        }

        if (isPlain)
        {
            xml.Element("Name", name);
        }
        else
        {
            xml.Append("<Name Encoded=\"true\">").Append(Uri.EscapeDataString(name)).Append("</Name>");
        }
    }

    private static string Decode(string marker) => marker.Length == 0 ? "" : Encoding.UTF8.GetString(Convert.FromBase64String(marker));
}

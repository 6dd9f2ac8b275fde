using System.Text;

namespace BlobCaptioner.Tests.Simulation.Store;

/// <summary>Writes the services' XML.</summary>
internal static class XmlText
{
    public static StringBuilder Element(this StringBuilder xml, string name, string value)
    {
        xml.Append('<').Append(name).Append('>');
        foreach (var letter in value)
        {
            _ = letter switch
            {
                '<' => xml.Append("&lt;"),
                '>' => xml.Append("&gt;"),
                '&' => xml.Append("&amp;"),
                _ => xml.Append(letter),
            };
        }

        return xml.Append("</").Append(name).Append('>');
    }
}

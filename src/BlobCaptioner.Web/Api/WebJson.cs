using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace BlobCaptioner.Web.Api;

/// <summary>JSON of the API: camelCase, enums as words, markup characters escaped.</summary>
internal static class WebJson
{
    public static JsonSerializerOptions Options { get; } = Configure(new(JsonSerializerDefaults.Web));

    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        return options;
    }

    /// <summary>The same for bodies of requests, whose lists must not hold null.</summary>
    public static void ConfigureRequests(JsonSerializerOptions options)
    {
        Configure(options);
        options.TypeInfoResolver = (options.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver()).WithAddedModifier(RefuseNullItems);
    }

    // Nullable annotations hold for properties, not for the items of their lists.
    private static void RefuseNullItems(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object || type.Type.Assembly != typeof(WebJson).Assembly)
        {
            return;
        }

        var lists = type.Properties.Where(p => p.Get is not null && p.PropertyType.IsAssignableTo(typeof(IEnumerable<object>))).ToList();
        if (lists.Count > 0)
        {
            type.OnDeserialized += read =>
            {
                if (lists.Find(p => ((IEnumerable<object?>?)p.Get!(read))?.Contains(null) == true) is { } broken)
                {
                    throw new JsonException($"'{broken.Name}' holds null.");
                }
            };
        }
    }
}

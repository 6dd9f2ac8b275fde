namespace BlobCaptioner.SampleModel.Architecture;

/// <summary>The order of patches in the vision tower: the four of a token come one after the other, tokens row by row.</summary>
internal static class PatchOrder
{
    /// <summary>Row and column of each patch.</summary>
    /// <param name="rows">Patches down, even.</param>
    /// <param name="columns">Patches across, even.</param>
    public static IEnumerable<(int Row, int Column)> Of(int rows, int columns)
    {
        for (var row = 0; row < rows; row += ModelShape.Merge)
        {
            for (var column = 0; column < columns; column += ModelShape.Merge)
            {
                for (var i = 0; i < ModelShape.Merge * ModelShape.Merge; i++)
                {
                    yield return (row + (i / ModelShape.Merge), column + (i % ModelShape.Merge));
                }
            }
        }
    }
}
